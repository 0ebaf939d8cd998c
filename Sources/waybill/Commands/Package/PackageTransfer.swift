import ArgumentParser
import Foundation
import WaybillCore
import WaybillPackage

/// `waybill package push`.
struct PackagePush: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push", abstract: "Bring a bundle, with what is signed and said about it, to an OCI registry.",
        discussion: """
            BUNDLE is a version such as churn@1.4.0, or a digest or at least 8 digits of it. REF is REGISTRY/REPOSITORY[:TAG]; \
            without a tag the version is the tag. What the registry has is not sent again, layers are mounted from other \
            repositories of it, and a push that was cut goes on where it was.

            With --as kserve an image is pushed that KServe mounts: the model's files below models/ in one layer, made while \
            it is sent. REF may then be oci:FOLDER[:TAG], too: an image layout on this machine that umoci and skopeo read.

            Logins are those of 'skopeo login' and 'docker login', and 'sources.credentials' of waybill.yaml.
            """)

    @Argument(help: ArgumentHelp("The bundle.", valueName: "bundle"))
    var bundle: String

    @Argument(help: ArgumentHelp("Where to.", valueName: "ref"), transform: PushTarget.parse)
    var target: PushTarget

    @Option(name: .customLong("as"), help: "What to push: the bundle, or an image made of it.")
    var form: PushedForm = .bundle

    @Flag(help: "Compress the layer of an image (--as kserve).")
    var gzip = false

    @Option(
        help: ArgumentHelp("Another repository of the registry that may have layers of it.", valueName: "repository"))
    var mountFrom: String?

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var registry: RegistryOptions
    @OptionGroup var options: StoreOptions

    func validate() throws {
        if gzip, form == .bundle {
            throw ValidationError("--gzip is for --as kserve: a bundle's layers stay as they are")
        }
        guard case .folder = target else { return }
        if form == .bundle {
            throw ValidationError(
                "oci:FOLDER is for --as kserve: a bundle is in an image layout already, the folder 'layout' of the store, from where "
                    + "'skopeo copy' takes it")
        }
        if mountFrom != nil { throw ValidationError("--mount-from is for registries: a folder mounts nothing") }
    }

    func run() async throws {
        let push = BundlePush(content: try options.content(), client: try registry.client(options))
        let progress = ProgressLine(Console.current)
        defer { progress.clear() }
        switch (form, target) {
        case (.bundle, .registry(let reference)):
            let report = try await push.push(bundle, to: reference, mounting: mountFrom) {
                progress.show("pushed", $0, of: $1)
            }
            progress.clear()
            try show(report.value, output) { report.text }
        case (.kserve, .registry(let reference)):
            let report = try await push.pushKServe(bundle, to: reference, gzip: gzip) {
                progress.show("pushed", $0, of: $1)
            }
            progress.clear()
            try show(report.value, output) { report.text }
        case (.kserve, .folder(let folder)):
            let report = try await push.writeKServe(bundle, to: folder, gzip: gzip) {
                progress.show("written", $0, of: $1)
            }
            progress.clear()
            try show(report.value, output) { report.text }
        case (.bundle, .folder): throw ValidationError("a bundle is pushed to a registry")
        }
    }
}

/// Where to: a registry, or an image layout on this machine.
enum PushTarget: Hashable, Sendable {
    case registry(ImageReference)
    case folder(ImageFolder)

    @Sendable static func parse(_ text: String) throws -> PushTarget {
        do throws(InvalidInput) {
            let here = FileManager.default.currentDirectoryPath
            if let folder = try ImageFolder(parsing: text, here: here) { return .folder(folder) }
        } catch { throw ValidationError(error.message) }
        return .registry(try RegistryOptions.parse(text))
    }
}

/// What is pushed.
enum PushedForm: String, CaseIterable, ExpressibleByArgument, Sendable {
    case bundle, kserve
}

/// `waybill package pull`.
struct PackagePull: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pull", abstract: "Bring a bundle, with what is signed and said about it, from an OCI registry.",
        discussion: """
            REF is REGISTRY/REPOSITORY:TAG or REGISTRY/REPOSITORY@DIGEST. Every byte is compared with its digest, the \
            manifest's digest stays what it is there, and a pull that was cut goes on where it was. A bundle of Waybill has \
            its version as its name in the store, anything else its reference. What refers to it comes along; with \
            --referrers only that of the artifact types that are named, such as application/vnd.cyclonedx+json.

            \(StoreOptions.recorded)
            """)

    @Argument(help: ArgumentHelp("Where from.", valueName: "ref"), transform: RegistryOptions.parse)
    var reference: ImageReference

    @Option(
        help: ArgumentHelp(
            "Of what refers to it bring only this artifact type; may be repeated.", valueName: "type"))
    var referrers: [String] = []

    @Option(name: .shortAndLong, help: "Form of the output.")
    var output: TextFormat = .text

    @OptionGroup var registry: RegistryOptions
    @OptionGroup var options: StoreOptions

    func validate() throws {
        guard reference.tag != nil || reference.digest != nil else {
            throw ValidationError("name a tag or a digest: \(reference):TAG or \(reference)@sha256:…")
        }
    }

    func run() async throws {
        let pull = BundlePull(
            content: try options.content(), client: try registry.client(options),
            bounds: try options.controller.configuration().sources.bounds)
        let progress = ProgressLine(Console.current)
        defer { progress.clear() }
        let name = reference.description
        let report = try await options.acts().perform(.bundlePulled, name, ["reference": .string(name)]) {
            () throws(Failure) in
            let report = try await pull.pull(reference, referrers: referrers.isEmpty ? nil : Set(referrers)) {
                progress.show("pulled", $0, of: $1)
            }
            let facts: Members = [
                "version": .string(report.name), "digest": .string(report.digest.description),
                "size": .integer(report.size),
            ]
            return (report, facts)
        }
        progress.clear()
        try show(report.value, output) { report.text }
    }
}

/// How a command speaks with registries.
struct RegistryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Logins as 'docker login' writes them, when not those of this user.", valueName: "file"),
        completion: .file(extensions: ["json"]))
    var authFile: String?

    func client(_ options: StoreOptions) throws(Failure) -> RegistryClient {
        let settings = try options.controller.configuration().sources
        let http = try ModelSources.transport(settings, ProcessInfo.processInfo.environment)
        return RegistryClient(http, logins: try logins())
    }

    private func logins() throws(Failure) -> DockerLogins {
        guard let authFile else { return try DockerLogins.ofThisUser() }
        if let logins = try DockerLogins(reading: authFile) { return logins }
        throw Failure(.stall, reason: "CredentialMissing", message: "\(authFile): there is no such file of logins")
    }

    @Sendable static func parse(_ text: String) throws -> ImageReference {
        let bare = text.hasPrefix(OCIAddress.prefix) ? String(text.dropFirst(OCIAddress.prefix.count)) : text
        do { return try ImageReference(parsing: bare) } catch { throw ValidationError(error.message) }
    }
}

extension BundlePush.Report {
    var value: Value {
        [
            "kind": "BundlePush", "reference": .string(reference.description), "digest": .string(digest.description),
            "size": .integer(size), "sentSize": .integer(sentSize),
            "blobs": [
                "sent": .integer(Int64(sent)), "mounted": .integer(Int64(mounted)), "held": .integer(Int64(held)),
            ], "referrers": .list(referrers.map { .string($0.description) }),
        ]
    }

    var text: String {
        let about = referrers.isEmpty ? "" : ", and \(referrers.count) that refer to it"
        return "\(reference)\n\(sent) sent (\(Bytes.text(sentSize))), \(mounted) mounted, \(held) were there\(about)\n"
    }
}

extension BundlePush.KServeReport {
    var value: Value {
        [
            "kind": "KServeImagePush", "reference": .string(reference.description),
            "digest": .string(digest.description), "bundle": .string(bundle.description),
            "layer": .string(layer.description), "size": .integer(size), "sent": .bool(wasSent),
        ]
    }

    var text: String {
        "\(reference)\n\(wasSent ? "sent" : "was there"): a layer of \(Bytes.text(size)), made of \(bundle)\n"
    }
}

extension BundlePush.KServeFolderReport {
    var value: Value {
        [
            "kind": "KServeImage", "folder": .string(folder.path), "tag": .string(tag),
            "digest": .string(digest.description), "bundle": .string(bundle.description),
            "layer": .string(layer.description), "size": .integer(size), "written": .bool(wasWritten),
        ]
    }

    var text: String {
        let what = "\(wasWritten ? "wrote" : "was there"): a layer of \(Bytes.text(size)), made of \(bundle)\n"
        return "\(ImageFolder.prefix)\(folder.path.harmless):\(tag) is \(digest)\n\(what)"
    }
}

extension BundlePull.Report {
    var value: Value {
        [
            "kind": "BundlePull", "reference": .string(reference.description), "digest": .string(digest.description),
            "name": .string(name), "layers": .integer(Int64(layers)), "size": .integer(size),
            "fetchedSize": .integer(fetchedSize), "referrers": .list(referrers.map { .string($0.description) }),
        ]
    }

    var text: String {
        let about = referrers.isEmpty ? "" : ", and \(referrers.count) that refer to it"
        return
            "\(name) is \(digest), \(layers) layers, \(Bytes.text(size)), \(Bytes.text(fetchedSize)) of them new\(about)\n"
    }
}
