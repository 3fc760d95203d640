"""What several demos share: command line, pictures, contenders of the benchmark, training runs."""
