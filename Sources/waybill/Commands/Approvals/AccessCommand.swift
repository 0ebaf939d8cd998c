import ArgumentParser
import Foundation
import WaybillCore
import WaybillTrust

/// `waybill access`.
struct AccessCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "access", abstract: "Say who may do what.",
        subcommands: [AccessInit.self, AccessAllowedSigners.self])
}

/// `waybill access init`.
struct AccessInit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Write the first access file of a fleet.",
        discussion: """
            From the commit that holds it on, nobody may do what the file does not give them. One person holds the rules at first; add a \
            second one, who then approves each change of them.
            """)

    @Option(help: ArgumentHelp("Your name in it.", valueName: "name"), transform: ChangeOptions.name)
    var person: Name

    @Option(help: ArgumentHelp("Your public SSH key.", valueName: "file"), completion: .file())
    var publicKey: String

    @Option(
        help: ArgumentHelp(
            "Your account on the controller's machine. Left out: the one you use here.", valueName: "account"))
    var unix = NSUserName()

    @Option(help: ArgumentHelp("The fleet folder.", valueName: "folder"), completion: .directory)
    var repository = "."

    func validate() throws {
        let isSound = unix.utf8.allSatisfy {
            (97...122).contains($0) || (48...57).contains($0) || [45, 95].contains($0)
        }
        guard isSound, (1...32).contains(unix.utf8.count) else {
            throw ValidationError("\(unix.quotedForMessage) is no name of an account; name it by --unix")
        }
    }

    func run() async throws {
        let top = FleetTop.above(repository)
        let path = "\(top)/\(AccessSchema.path)"
        guard !FileManager.default.fileExists(atPath: path) else {
            throw Failure(
                .stall, reason: "AccessExists", message: "\(AccessSchema.path) is there already; change it by hand")
        }
        let key: SSHPublicKey
        do throws(InvalidInput) {
            let text = (try? String(contentsOfFile: publicKey, encoding: .utf8)) ?? ""
            key = try SSHPublicKey(parsing: text)
        } catch {
            throw Failure(.stall, reason: "KeyUnusable", message: "\(publicKey.quotedForMessage): \(error.message)")
        }
        do {
            try FileManager.default.createDirectory(
                atPath: "\(top)/.waybill", withIntermediateDirectories: true)
            try Data(Self.text(person, key, unix: unix).utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
        } catch {
            throw Failure(.stall, reason: "FolderUnusable", message: "\(path): \(error.localizedDescription)")
        }
        Console.current.line(
            "wrote \(AccessSchema.path); add a second governor, ask for approvals in an Environment, and commit both")
    }

    static func text(_ person: Name, _ key: SSHPublicKey, unix: String) -> String {
        """
        # yaml-language-server: $schema=schema/\(AccessSchema.fileName)
        apiVersion: \(KindSchema.apiVersion)
        kind: \(AccessSchema.kind)
        spec:
          people:
            - name: \(person)
              keys:
                - key: \(key)
              unix: ["\(unix)"]
          roles:
            - role: governor
              models: ["*"]
              people: [\(person)]
            - role: signer
              models: ["*"]
              people: [\(person)]
            - role: approver
              as: owner
              models: ["*"]
              people: [\(person)]
            - role: accept
              models: ["*"]
              people: [\(person)]
            - role: abort
              models: ["*"]
              people: [\(person)]
            - role: override
              models: ["*"]
              people: [\(person)]

        """
    }
}

/// `waybill access allowed-signers`.
struct AccessAllowedSigners: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "allowed-signers", abstract: "Write the list of signers that OpenSSH reads.",
        discussion: """
            A line for each key of each person, for 'ssh-keygen -Y verify -f': with when it counts, and for which purposes. Bots are left out.
            """)

    @Option(help: ArgumentHelp("The access file.", valueName: "file"), completion: .file())
    var access: String?

    @Option(help: ArgumentHelp("The fleet folder.", valueName: "folder"), completion: .directory)
    var repository = "."

    func run() async throws {
        guard let rules = try AccessRules.load(access, repository: repository) else {
            throw Failure(
                .stall, reason: "Ungoverned",
                message: "there is no '\(AccessSchema.path)'; 'waybill access init' writes one")
        }
        let namespaces = ApprovalStatement.Kind.allCases.map(\.namespace)
        for signer in rules.access.allowedSigners(namespaces: namespaces) { Console.current.line("\(signer)") }
    }
}
