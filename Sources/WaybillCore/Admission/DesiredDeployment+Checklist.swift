extension DesiredDeployment {
    /// Of the rules by which gates judge it; nil: there are none.
    package var checklistDigest: Digest? { admission.checklist?.digest }
}
