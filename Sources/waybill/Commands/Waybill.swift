import ArgumentParser

/// The root of the command line.
struct Waybill: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "waybill",
        abstract: "GitOps for machine-learning models: git says what serves, the record proves it.",
        discussion: """
            The controller ('waybill run') watches a git repository of manifests and makes what serves follow it. \
            The other commands ask it, through a socket in its state folder, or work on files.

            Settings: flags over WAYBILL_ variables over waybill.yaml. Exit codes: 0 well, 1 failed, 2 changes found \
            by 'plan --detailed-exitcode', 64 the command line cannot be read.
            """,
        version: BuildVersion.text,
        groupedSubcommands: [
            CommandGroup(
                name: "Begin",
                subcommands: [Init.self, New.self, Pin.self, Lint.self, Doctor.self, Version.self, Completions.self]),
            CommandGroup(
                name: "Look",
                subcommands: [
                    Status.self, Get.self, Describe.self, History.self, Logs.self, Plan.self, Call.self, Audit.self,
                    LineageCommand.self,
                ]),
            CommandGroup(name: "Prove", subcommands: [PackageCommand.self, Validate.self, EvidenceCommand.self]),
            CommandGroup(
                name: "Promote",
                subcommands: [Promote.self, RolloutCommand.self, Rollback.self, Lift.self, ForgeCommand.self]),
            CommandGroup(
                name: "Decide",
                subcommands: [
                    Propose.self, Approve.self, Reject.self, Override.self, Approvals.self, AccessCommand.self,
                ]),
            CommandGroup(
                name: "Run", subcommands: [Run.self, Gateway.self, Stop.self]),
            CommandGroup(
                name: "Act",
                subcommands: [Sync.self, Pause.self, Resume.self, Retry.self, Restart.self, Accept.self]),
        ])
}

/// The version of this build.
enum BuildVersion {
    static let text = "0.1.0"
}
