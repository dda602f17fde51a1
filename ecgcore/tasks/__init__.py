"""What is classified: classes, label rules, training sets and test sets."""
