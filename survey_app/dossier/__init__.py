"""The assessment file (考核档案): what is gathered for it, and how it is packed. Above services and exports alike."""
