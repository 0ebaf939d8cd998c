import Testing

@testable import WaybillCore

@Suite struct `Addresses of files in git` {
    private static let commit = String(repeating: "c", count: 40)

    @Test(arguments: [
        ("git+https://host/team/code.git@\(commit)#m/a.bin", "https://host/team/code.git", nil, "m/a.bin"),
        ("git+https://host/team/code.git@v1.2:\(commit)#a", "https://host/team/code.git", "v1.2", "a"),
        ("git+ssh://git@host:2222/code@feature/x:\(commit)#a", "ssh://git@host:2222/code", "feature/x", "a"),
        ("git+file:///srv/my%20code@\(commit)#a@b#c", "/srv/my code", nil, "a@b#c"),
    ])
    func `an address has a repository, a commit and a path`(
        _ text: String, _ repository: String, _ name: String?, _ path: String
    ) throws {
        let address = try GitAddress(parsing: text)
        #expect(address.repository.description == repository)
        #expect(address.name == name)
        #expect(address.path == path)
        #expect(try address.requireCommit().hex == Self.commit)
        #expect(address.description == text)
        #expect(try ArtifactSource(parsing: text).description == text)
    }

    @Test(arguments: [
        (
            "git+https://host/c.git@\(commit)",
            "'git+https://host/c.git@\(commit)' names no file; write '#PATH/IN/REPOSITORY' at its end"
        ),
        (
            "git+https://host/c.git#a",
            "'git+https://host/c.git#a' names no commit; write 'git+https://HOST/REPOSITORY@COMMIT#PATH', or a branch or tag in "
                + "the commit's place and run 'waybill pin'"
        ),
        ("git+https://host/c.git@\(commit)#../a", "'../a' leads out of its folder by '..'"),
        (
            "git+https://host/c.git@main#a",
            "'git+https://host/c.git@main#a' follows 'main', which may be another commit tomorrow; run 'waybill pin' on this "
                + "file, which writes the commit beside it"
        ),
        ("git+https://host/c.git@main:abc#a", "'abc' is not a commit id; expected 40 lowercase hex digits"),
        (
            "git+https://host/c.git@--upload-pack=x#a",
            "'git+https://host/c.git@--upload-pack=x#a': '--upload-pack=x' is neither a commit of 40 hex digits nor a branch or "
                + "tag"
        ),
        (
            "git+https://ada:hunter2@host/c.git@\(commit)#a",
            "the address of 'host' has a password in it; remove it, and name the secret's file or environment variable in "
                + "'credentials'"
        ),
        (
            "git+ssh://host@\(commit)#a",
            "'git+ssh://host@\(commit)#a' names no commit; write 'git+https://HOST/REPOSITORY@COMMIT#PATH', or a branch or tag "
                + "in the commit's place and run 'waybill pin'"
        ),
    ])
    func `a wrong one is told what is right`(_ text: String, _ message: String) {
        #expect(throws: InvalidInput(message)) { try ArtifactSource(parsing: text) }
    }

    @Test func `pinning writes the commit beside the name`() throws {
        let commit = try CommitID(parsing: Self.commit)
        let address = try GitAddress(parsing: "git+https://host/c.git@main#a")
        #expect(address.pinned(to: commit) == "git+https://host/c.git@main:\(commit)#a")
        #expect(try GitAddress(parsing: address.pinned(to: commit)).pinned(to: commit) == address.pinned(to: commit))
    }
}
