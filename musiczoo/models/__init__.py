"""Families of generative models, each a function that builds a `Model`.

Called, the package gives the names of the pretrained models: `musiczoo.models()`
is that whether this package has been imported or not.
"""

import sys
import types

import musiczoo


class _Callable(types.ModuleType):
  """A package that can be called as the function whose name it takes."""

  __call__ = staticmethod(musiczoo.models)


sys.modules[__name__].__class__ = _Callable
