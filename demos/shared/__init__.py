"""What several demos share: command line, pictures, the benchmark, training runs."""
