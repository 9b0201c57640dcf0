"""What reaches outside services and file formats; only the composition root chooses among them."""
