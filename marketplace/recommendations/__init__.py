"""Who suits what: people and needs scored in both directions, every point explained, and people who may say no to it."""
