"""Export: a trained model as a folder that needs neither musiczoo nor flax.

`files` makes all of it: the weights, the model's programs as StableHLO
(`stablehlo`) and ONNX (`onnx_model`), and the player, `play.py` as it stands.
"""
