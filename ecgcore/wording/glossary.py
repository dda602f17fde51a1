"""The field's words as the pages and the code use them; `docs/glossary.md` is printed from here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the screens or the code.

    Attributes
    ----------
    name
        As it is written on screen.
    meaning
        One or two sentences.
    where
        Pages that use it; "code" where only the code does.
    """

    name: str
    meaning: str
    where: str


TERMS = (
    Term("AUROC", "Chance that a random MI record gets a higher probability than a random normal "
         "one; 0.5 is chance, 1 is perfect.", "Compare, Reliability, Retrain, About"),
    Term("AUPRC", "Average precision over all thresholds; by chance it is the share of MI.",
         "Compare"),
    Term("Attribution", "How much each moment and lead of a recording moved one model's "
         "prediction. It explains the model, not the heart.", "Review, Uploaded ECG, PDF"),
    Term("Attribution method", "The way an attribution is computed: Grad-CAM says when, "
         "Integrated Gradients say when and in which lead.", "Review, Uploaded ECG"),
    Term("Brier score", "Mean squared distance of probability and label; smaller is better.",
         "Compare, Reliability"),
    Term("Calibrator", "A map from a model's logits to probabilities, fitted on fold 9: "
         "temperature, Platt, beta, isotonic or Venn-Abers. Without one, probabilities are "
         "uncalibrated.", "every page"),
    Term("Calibrated, uncalibrated", "With and without a calibrator.", "every page"),
    Term("Certain MI", "Label group: a statement of infarction with likelihood 100 %.",
         "Browse, Review, Compare, Reliability, Retrain, About"),
    Term("Conformal verdict", "MI, normal or refer: MI if few fold-9 normals score as high, normal "
         "if few fold-9 MI score as low, else refer.", "Review, Reliability, PDF"),
    Term("Confident learning", "Leaving out training records that models trained without them "
         "take for the other class.", "Retrain"),
    Term("Decision curve", "Net benefit over all thresholds, beside calling everybody and calling "
         "nobody.", "Reliability"),
    Term("Decision settings", "What a reader chooses for every verdict: calibrator, target "
         "coverage and target sensitivity. One control at the top holds them.", "every page"),
    Term("Disagreement", "Highest minus lowest probability of MI among the ensembles, in "
         "percentage points or from 0 to 1.", "Browse, Review"),
    Term("ECE", "Expected calibration error: mean distance of the reliability curve from the "
         "diagonal, weighted by records.", "Compare, Reliability"),
    Term("Ensemble", "Models that differ only in their seed; its logit is the mean of theirs.",
         "Browse, Review, Compare, Reliability, About"),
    Term("Fingerprint", "Start of the SHA-256 of the record numbers of a set: equal fingerprints, "
         "equal records.", "About"),
    Term("Fold", "One of PTB-XL's ten parts; no patient is in two. 1 to 8 train, 9 validates and "
         "calibrates, 10 tests.", "every page"),
    Term("Label group", "What the cohort rule makes of a record: certain MI, uncertain MI, normal "
         "or other.", "Browse, Review, Reliability, About"),
    Term("Leakage", "A model has seen this recording, or another of its patient, in training; its "
         "prediction is not independent.", "Review, PDF"),
    Term("Likelihood", "How certain the cardiologist was of a statement, in per cent: 100 stated "
         "as certain, 80 probable, 50 possible, 35 less likely, 15 doubtful.",
         "Browse, Review, About"),
    Term("Local run", "A model trained on this machine by Retrain, beside the shipped ones.",
         "Retrain, Review, Compare, Reliability, About"),
    Term("Logit", "Logarithm of the odds of a probability; what a network returns.", "code"),
    Term("Mixed precision", "Training in bfloat16 where the processor is faster in it.", "code"),
    Term("Multitask", "Training set C-multi: the network also learns which SCP statements a record "
         "has.", "Retrain, Compare"),
    Term("Net benefit", "True positives less false positives, weighted by the odds of the "
         "threshold, as a share of all records.", "Reliability"),
    Term("Normal", "Label group: NORM at 100 % and no statement of infarction, ST/T change, "
         "hypertrophy or conduction disturbance.", "Browse, Review, Reliability, Retrain, About"),
    Term("Other", "Label group: neither MI nor strictly normal, or not validated by a human. Such "
         "records are outside the study and outside what the models were tested on.",
         "Browse, Review"),
    Term("Overlay", "An attribution drawn behind the leads of the ECG.",
         "Review, Uploaded ECG, PDF"),
    Term("Prediction", "What one model or ensemble says of a recording: the probability of MI.",
         "every page"),
    Term("Printout", "The PDF of one recording at true scale: ECG, measurements, predictions.",
         "Review, Uploaded ECG"),
    Term("Published network", "The study's CNN-LSTM, trained again here by its own recipe.",
         "Compare, Retrain"),
    Term("Reference network", "A network from elsewhere that ours are compared with.", "code"),
    Term("Refer", "Conformal verdict where neither MI nor normal is sure enough.",
         "Review, Reliability, PDF"),
    Term("Reliability curve", "Among records with similar probabilities, the share that is MI.",
         "Reliability"),
    Term("Report", "The clinician's text of a record.", "Review"),
    Term("Seed", "Number that starts all random draws of a training; another seed gives another "
         "model.", "Compare, Reliability, Retrain"),
    Term("Sensitivity, specificity", "Shares of MI and of normal records that are called right.",
         "Compare, Reliability"),
    Term("Split", "Training, validation or test: what the folds are used for.",
         "Browse, Review, About"),
    Term("Subgroup", "Part of a test set: by likelihood, statement, territory, comorbidity, sex, "
         "age, device or noise.", "Compare, Reliability"),
    Term("Superclass", "PTB-XL's class of a diagnostic statement: normal, MI, ST/T change, "
         "conduction disturbance or hypertrophy.", "Browse, Review"),
    Term("Synthetic records", "ECGs drawn by a dipole model with known infarcts; no patient stands "
         "behind them.", "every page"),
    Term("Target coverage", "Share of each class that conformal verdicts must not exclude.",
         "Review, Reliability"),
    Term("Target sensitivity", "Share of fold 9's MI that the threshold must find.",
         "Review, Reliability"),
    Term("Task", "What a model tells apart, with its classes, label rule, training sets and test "
         "sets; infarction against normal is the first.", "Retrain, code"),
    Term("Territory", "Part of the left ventricle that an infarct statement names: anterior, "
         "inferior, lateral or posterior.", "Browse, Review, Compare, Reliability"),
    Term("Test set", "Records of fold 10 that a model is judged on: certain (971), all (1,253) or "
         "uncertain (985), with the same 703 normal records.",
         "Compare, Reliability, Retrain, About"),
    Term("Training set", "Records that a model learns from: A, C, D, D-mix, C-soft, C-multi or "
         "C-consensus.",
         "Compare, Reliability, Retrain, About"),
    Term("Uncertain MI", "Label group: the strongest statement of infarction has a likelihood "
         "above 0 and below 100 %.", "Browse, Review, Compare, Reliability, Retrain, About"),
    Term("Uploaded ECG", "An ECG file that a reader opened; it is read in memory and not kept.",
         "Uploaded ECG"),
    Term("Worklist", "The records chosen on Browse or by a bin, in their order, that Review steps "
         "through.", "Browse, Review, Compare, Reliability"),
)  # fmt: skip


def glossary_page() -> str:
    """Return the glossary as a Markdown page."""
    rows = [
        f"| **{term.name}** | {term.meaning} | {term.where} |" for term in sorted(TERMS, key=_name)
    ]
    head = ["# Glossary", "", "Printed from `ecgcore/wording/glossary.py`.", ""]
    return "\n".join([*head, "| word | meaning | where |", "|---|---|---|", *rows, ""])


def _name(term: Term) -> str:
    return term.name.lower()
