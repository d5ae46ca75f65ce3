/* The half of pasted_messages.py that runs in the browser, beside Sphinx's searchtools.js. */

// As MessageLanguage.split does. Of a message only what happened is searched for, which its page has in its title: a
// remedy has words of others.
var splitQuery = (query) =>
  query
    .replace(/(\S)\s+What to do: .*/is, "$1")
    .split(/[^\p{Letter}\p{Number}_]+/gu)
    .filter((word) => word)
    .map((word) => (/^\d+$/.test(word) ? `_${word}` : word));

const pastedMessages = {
  // Of a query of fewer words, pages that have all of them are better.
  fewestWords: 3,
  // How much less a word says in a text than in a title.
  inText: 0.3,
  // Of how many different words a text is that is neither short nor long. A long one has any word.
  usualLength: 60,
  // Above all scores that Sphinx gives by itself, so that these results come first.
  score: 100,
  most: 20,

  // Return the numbers of the pages with a word; not those in which it is only a part of one.
  pages: (words, word) => (Object.hasOwn(words, word) ? [words[word]].flat() : []),

  // Return a number for each page: the sum of what its words weigh.
  sums: (words, weight) => {
    const sums = new Map();
    for (const word of Object.keys(words))
      for (const page of pastedMessages.pages(words, word)) sums.set(page, (sums.get(page) ?? 0) + weight(word));
    return sums;
  },

  // Return the numbers of the pages that resemble a query, the best first.
  rank: (index, query) => {
    const { terms, titleterms } = index;
    const rarity = (word) => {
      const pages = new Set([
        ...pastedMessages.pages(terms, word),
        ...pastedMessages.pages(titleterms, word),
      ]);
      return pages.size ? Math.log(1 + index.docnames.length / pages.size) : 0;
    };
    const asked = (word) => (query.has(word) ? rarity(word) : 0);
    const titles = pastedMessages.sums(titleterms, rarity);
    const inTitles = pastedMessages.sums(titleterms, asked);
    const lengths = pastedMessages.sums(terms, () => 1);
    const inTexts = pastedMessages.sums(terms, asked);
    const score = (page) => {
      const shared = inTitles.get(page) ?? 0;
      // A title of which the query has only a part says something else too.
      const byTitle = shared && shared * (shared / titles.get(page));
      const length = Math.max(1, (lengths.get(page) ?? 0) / pastedMessages.usualLength);
      return byTitle + (pastedMessages.inText * (inTexts.get(page) ?? 0)) / Math.sqrt(length);
    };
    return index.docnames
      .map((_, page) => [page, score(page)])
      .filter(([, score]) => score > 0)
      .sort(([, one], [, other]) => other - one)
      .slice(0, pastedMessages.most)
      .map(([page]) => page);
  },
};

{
  const withAllWords = Search.performTermsSearch;
  Search.performTermsSearch = (words, excluded) => {
    const found = withAllWords(words, excluded);
    if (excluded.size || (found.length && words.size < pastedMessages.fewestWords)) return found;
    const index = Search._index;
    return pastedMessages
      .rank(index, words)
      .map((page, place) => [
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
