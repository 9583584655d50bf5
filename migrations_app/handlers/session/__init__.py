"""Session migration: sessions move between stores while services follow the route record."""
