"""The forecast beside other methods: data sets, other methods, scores, tables."""
