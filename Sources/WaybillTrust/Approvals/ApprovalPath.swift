package import WaybillCore

/// Where a statement's file is: `.waybill/approvals/ENVIRONMENT/NAME/CHANGE/PERSON.approval`, one for each person and change. A
/// rejection takes the place of that person's approval; a proposal has a file of its own, `PERSON.proposal`, and so has an override.
package struct ApprovalPath: Hashable, Sendable, CustomStringConvertible {
    package var key: DeploymentKey
    package var change: Digest
    package var person: Name
    /// The last part of the file's name says which kinds it may hold.
    package var ending: String

    package init(_ statement: ApprovalStatement, of person: Name) {
        key = statement.key
        change = statement.change
        self.person = person
        ending = statement.kind.ending
    }

    /// From the top of a repository.
    package static let folder = ".waybill/approvals"
    /// Where words lie that are beside the branch. Each ref names a commit that has the same folder.
    package static let refs = "refs/waybill/approvals/"

    /// The ref for this one file.
    package var ref: String {
        "\(Self.refs)\(key)/\(change.short)/\(person)\(ending == ApprovalStatement.Kind.approve.ending ? "" : ".\(ending)")"
    }

    /// - Throws: `InvalidInput` that shows the expected form.
    package init(parsing path: String) throws(InvalidInput) {
        guard let found = Self.parse(path) else {
            throw InvalidInput("it is not named '\(Self.folder)/ENVIRONMENT/NAME/CHANGE/PERSON.approval'")
        }
        self = found
    }

    private static func parse(_ path: String) -> ApprovalPath? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, "\(parts[0])/\(parts[1])" == folder,
            let key = try? DeploymentKey(parsing: "\(parts[2])/\(parts[3])"),
            let change = try? Digest(parsing: "sha256:\(parts[4])")
        else { return nil }
        for kind in [ApprovalStatement.Kind.approve, .propose, .override] where parts[5].hasSuffix(".\(kind.ending)") {
            guard let person = try? Name(parsing: String(parts[5].dropLast(kind.ending.count + 1))) else { return nil }
            return ApprovalPath(key: key, change: change, person: person, ending: kind.ending)
        }
        return nil
    }

    private init(key: DeploymentKey, change: Digest, person: Name, ending: String) {
        self.key = key
        self.change = change
        self.person = person
        self.ending = ending
    }

    package var description: String {
        "\(Self.folder)/\(key)/\(change.hex)/\(person).\(ending)"
    }
}

/// A statement's file as a commit or a ref has it.
package struct FoundStatement: Equatable, Sendable {
    /// Its path, after the ref's name and a colon when it is of one.
    package var place: String
    package var path: ApprovalPath
    package var result: Result<ProvenStatement, InvalidInput>

    package init(place: String, path: ApprovalPath, result: Result<ProvenStatement, InvalidInput>) {
        self.place = place
        self.path = path
        self.result = result
    }

    /// Reads and proves a file.
    package init(place: String, path: ApprovalPath, file: [UInt8]) {
        self.place = place
        self.path = path
        result = Result { () throws(InvalidInput) in try SignedStatement(file: file).verify() }
    }

    package var proven: ProvenStatement? { try? result.get() }
    package var problem: String? {
        if case .failure(let problem) = result { problem.message } else { nil }
    }
}
