"""The portal: domain, store, services, documents, charts, texts and screens of Anbiao."""
