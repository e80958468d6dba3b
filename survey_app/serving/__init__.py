"""What stands between the network and the application when `branch-survey serve` runs: connections, turns, threads."""
