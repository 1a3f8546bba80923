"""Once-a-year scripts that make packs from open data sets; the product never runs them."""
