"""Scenes: the named rules that stand in for a told one, and how good a recogniser is."""

from models.scene.rules import rule_labels, scene_labels, told_scene

__all__ = ["rule_labels", "scene_labels", "told_scene"]
