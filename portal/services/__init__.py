"""What people come to do; rights are checked here, every time."""
