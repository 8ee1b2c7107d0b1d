"""supervisord: its configuration, its socket, what it leaves behind when it is killed."""
