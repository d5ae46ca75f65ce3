"""
Test one's own DAGs against the emulator, with pytest.

``plugin`` is a pytest plugin that the package's entry point loads in every pytest run of an environment that has it; it
imports nothing but pytest until a test uses one of its fixtures. It needs the extra ``testing``.
"""
