"""What people and machines may do in this room, one verb a file."""
