"""collectord: a dialer for receivables."""
