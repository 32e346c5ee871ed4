"""What happens on every ordinary day, told machine by machine. No scenario is known here."""
