"""How answers look on a terminal; every word of a CRM or playbook is printed as text, never as markup."""
