"""A trained model -> a folder that needs neither musiczoo nor flax.

`files` makes all of it. What is a program is what JAX traces of the model: its
StableHLO (`stablehlo`), or the same operations as ONNX names them
(`onnx_model`, with `operations` and `graph`). `compose` puts play.py together
of the functions in `player`.
"""
