/* The half of pasted_messages.py that runs in the browser, beside Sphinx's searchtools.js. */

// As MessageLanguage.split does.
var splitQuery = (query) =>
  query
    .split(/[^\p{Letter}\p{Number}_]+/gu)
    .filter((word) => word)
    .map((word) => (/^\d+$/.test(word) ? `_${word}` : word));

const pastedMessages = {
  // A query of fewer words is no message: Sphinx's own search does better.
  fewestWords: 4,
  // How much more a word says in a title than in a text.
  inTitle: 3,
  // Above all scores that Sphinx gives by itself, so that these results come first.
  score: 100,
  most: 20,

  // Return the numbers of the pages with a word; that with a letter less or more in it does not count.
  pages: (index, word) => (Object.hasOwn(index, word) ? [index[word]].flat() : []),

  // Return for each page how much its title consists of: the sum of how rare its words are.
  weightsOfTitles: (index, rarity) => {
    const weights = new Map();
    for (const word of Object.keys(index.titleterms))
      for (const page of pastedMessages.pages(index.titleterms, word))
        weights.set(page, (weights.get(page) ?? 0) + rarity(word));
    return weights;
  },

  rank: (index, words) => {
    const count = index.docnames.length;
    const rarity = (word) => {
      const pages = new Set([
        ...pastedMessages.pages(index.terms, word),
        ...pastedMessages.pages(index.titleterms, word),
      ]);
      return pages.size ? Math.log(1 + count / pages.size) : 0;
    };
    const scores = new Map();
    const inTitles = new Map();
    const add = (map, page, value) => map.set(page, (map.get(page) ?? 0) + value);
    for (const word of words) {
      const weight = rarity(word);
      const titled = new Set(pastedMessages.pages(index.titleterms, word));
      for (const page of titled) add(inTitles, page, weight);
      for (const page of pastedMessages.pages(index.terms, word)) if (!titled.has(page)) add(scores, page, weight);
    }
    const weights = pastedMessages.weightsOfTitles(index, rarity);
    // A title of which the query has only a part says something else too.
    for (const [page, shared] of inTitles)
      add(scores, page, pastedMessages.inTitle * shared * (shared / weights.get(page)));
    return [...scores].sort(([, one], [, other]) => other - one).slice(0, pastedMessages.most);
  },
};

{
  const withAllWords = Search.performTermsSearch;
  Search.performTermsSearch = (words, excluded) => {
    if (words.size < pastedMessages.fewestWords || excluded.size) return withAllWords(words, excluded);
    const index = Search._index;
    return pastedMessages
      .rank(index, words)
      .map(([page], place) => [
        index.docnames[page],
        index.titles[page],
        "",
        null,
        pastedMessages.score - place,
        index.filenames[page],
        SearchResultKind.text,
      ]);
  };
}
