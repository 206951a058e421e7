"""What demo and lab share: agents, their history, its checker, its picture."""
