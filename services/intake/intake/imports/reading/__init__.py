"""How a file of leads is read: pure over byte streams, in bounded memory whatever the file's length."""
