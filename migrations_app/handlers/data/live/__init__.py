"""Moving tables while their source keeps changing."""
