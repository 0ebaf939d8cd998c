import ArgumentParser

/// `waybill package`.
struct PackageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "package", abstract: "Look inside model files; make, check and move bundles.",
        subcommands: [
            Scan.self,
            PackageBuild.self,
            PackageInspect.self,
            PackageDiff.self,
            PackageSign.self,
            PackageAttest.self,
            PackagePush.self,
            PackagePull.self,
            PackageUnpack.self,
            PackageVerify.self,
            PackageCollect.self,
        ])
}
