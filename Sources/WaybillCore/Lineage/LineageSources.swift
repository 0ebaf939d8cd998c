/// What the fleet repository says behind one revision, as far as the mirror has it. Read by an adapter, judged here.
package struct LineageSources: Hashable, Sendable {
    /// A file of a commit, proven by the commit's id.
    package struct File: Hashable, Sendable {
        package var commit: CommitID
        package var path: String

        package init(commit: CommitID, path: String) {
            self.commit = commit
            self.path = path
        }

        package func saying(_ texts: String...) -> LineageProof { .git(commit: commit, path: path, says: texts) }
    }

    /// What a commit says of itself.
    package struct Commit: Hashable, Sendable {
        package var id: CommitID
        /// `Ada <ada@example.org>`, as the raw text has it.
        package var author: String
        package var committer: String
        /// First line of the message.
        package var subject: String
        /// `Reviewed-by: Bob`, the lines of that form in the message's last paragraph.
        package var trailers: [Trailer]

        package init(id: CommitID, author: String, committer: String, subject: String, trailers: [Trailer]) {
            self.id = id
            self.author = author
            self.committer = committer
            self.subject = subject
            self.trailers = trailers
        }
    }

    package struct Trailer: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A person's word about the change, found and proven.
    package struct Statement: Hashable, Sendable {
        /// As the ledger has it.
        package var place: String
        /// Its name in a pack.
        package var path: String
        package var key: String
        package var text: String
        /// Where the key is given to the person, when the access file of the rules in force was found.
        package var access: File?
        /// The key as the access file writes it.
        package var keyText: String
        /// The file: signature and text.
        package var bytes: [UInt8]

        package init(
            place: String, path: String, key: String, text: String, access: File?, keyText: String, bytes: [UInt8]
        ) {
            self.bytes = bytes
            self.place = place
            self.path = path
            self.key = key
            self.text = text
            self.access = access
            self.keyText = keyText
        }
    }

    /// The manifest of a version.
    package struct Manifest: Hashable, Sendable {
        package var file: File
        package var version: ModelVersion
        /// As it is written.
        package var text: String

        package init(file: File, version: ModelVersion, text: String) {
            self.file = file
            self.version = version
            self.text = text
        }
    }

    /// The lock of a Python environment.
    package struct Lock: Hashable, Sendable {
        package var file: File
        /// Of its bytes.
        package var digest: Digest
        package var python: String

        package init(file: File, digest: Digest, python: String) {
            self.file = file
            self.digest = digest
            self.python = python
        }
    }

    package var commit: Commit?
    package var manifest: Manifest?
    /// What the model was made in, by its version's manifest.
    package var madeIn: Lock?
    /// What it serves in, by the runtime or the version.
    package var servesIn: Lock?
    /// The revision that the commit's manifests render to; nil: they could not be rendered.
    package var rendered: Revision?
    package var statements: [Statement] = []
    /// Why something above is not there, in words.
    package var problems: [String] = []

    package init() {}
}
