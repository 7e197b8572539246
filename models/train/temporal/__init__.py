"""The temporal view alone: who acts, and how soon. Needs the ``train`` extra."""
