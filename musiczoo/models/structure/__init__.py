"""Structure: an analyser, a planner of bars and a renderer."""
