import WaybillGit

extension Wiring {
    /// The connections of the real binary.
    static let standard = Wiring(
        helpers: ["git-helper": { _ in GitHelper.main() }],
        configurationFile: SettingsReader(), offlinePlan: CommitPlanning())
}
