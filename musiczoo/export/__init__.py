"""A trained model -> a folder that needs neither musiczoo nor flax."""
