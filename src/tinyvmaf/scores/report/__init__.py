"""Results -> one self-contained HTML page: no network, plots drawn by plotly.js, a table behind every plot."""
