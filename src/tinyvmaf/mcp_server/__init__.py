"""The door for agents: the same calls as tools of the Model Context Protocol, on stdin and stdout."""
