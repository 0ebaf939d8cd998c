import Testing
import WaybillCore

@testable import WaybillGit

@Suite struct RemoteAddressTests {
    @Test(arguments: [
        ("/srv/git/fleet.git", "/srv/git/fleet.git"),
        ("file:///srv/git/my%20fleet.git", "/srv/git/my fleet.git"),
        ("file://localhost/srv/fleet", "/srv/fleet"),
        ("https://Example.org/team/fleet.git", "https://example.org/team/fleet.git"),
        ("https://example.org:8443/fleet", "https://example.org:8443/fleet"),
        ("https://[::1]:8443/fleet", "https://[::1]:8443/fleet"),
        ("ssh://git@example.org/srv/fleet.git", "ssh://git@example.org/srv/fleet.git"),
        ("ssh://example.org:2222/fleet.git", "ssh://git@example.org:2222/fleet.git"),
        ("git@example.org:team/fleet.git", "git@example.org:team/fleet.git"),
        ("example.org:/srv/fleet.git", "ssh://git@example.org/srv/fleet.git"),
    ])
    func `an address is read in git's forms`(text: String, shown: String) throws {
        #expect(try RemoteAddress(parsing: text).description == shown)
    }

    private static let forms =
        "expected '/PATH', 'file:///PATH', 'https://HOST/PATH', 'ssh://USER@HOST/PATH' or 'USER@HOST:PATH'"

    @Test(arguments: [
        (
            "fleet.git",
            "'fleet.git' is not an absolute path; write it from '/' on, or as 'https://HOST/PATH' or 'ssh://USER@HOST/PATH'"
        ),
        ("", "'' is not an absolute path; write it from '/' on, or as 'https://HOST/PATH' or 'ssh://USER@HOST/PATH'"),
        (
            "http://example.org/fleet",
            "'http://' proves neither the server nor the content; use 'https://', 'ssh://' or a local path"
        ),
        (
            "https://ada:hunter2@example.org/fleet",
            "the address of 'example.org' has a password in it; remove it, and name the secret's file or environment variable in "
                + "'credentials'"
        ),
        (
            "https://hunter2@example.org/fleet",
            "the address of 'example.org' has a user or a password in it; remove it, and name the token's file or environment "
                + "variable in 'credentials'"
        ),
        ("https://example.org:0/fleet", "'0' is not a port; expected 1 to 65535"),
        ("ssh://-oProxyCommand=x/fleet", "'ssh://-oProxyCommand=x/fleet' is not a repository's address; \(forms)"),
        ("ext::sh -c id", "'ext::sh -c id' is not a repository's address; \(forms)"),
        ("https://example.org", "'https://example.org' is not a repository's address; \(forms)"),
        ("ftpx://a@b/c", "the address is not a repository's address; \(forms)"),
        ("file:///a%0", "'file:///a%0' is not a repository's address; \(forms)"),
        ("https://example.org/a\nb", "'https://example.org/a\\u{a}b' is not a repository's address; \(forms)"),
    ])
    func `a wrong address is told what is right, and never repeats a password`(text: String, message: String) {
        #expect(throws: InvalidInput(message)) { try RemoteAddress(parsing: text) }
    }

    @Test(arguments: [
        ("", "'' is not a branch's name; expected a name like 'main'"),
        ("a..b", "'a..b' is not a branch's name; expected a name like 'main'"),
        ("-x", "'-x' is not a branch's name; expected a name like 'main'"),
        ("a b", "'a b' is not a branch's name; expected a name like 'main'"),
        ("x.lock", "'x.lock' is not a branch's name; expected a name like 'main'"),
        ("refs/heads/main", "'refs/heads/main' is a reference; write the branch without 'refs/heads/'"),
    ])
    func `a wrong branch is refused`(branch: String, message: String) {
        #expect(throws: InvalidInput(message)) { try RemoteConfiguration(url: "/srv/fleet", branch: branch) }
    }

    private static let agent = SSHCredentials(identity: .agent, knownHosts: [])
    private static let token = BasicCredentials(secret: .environment("TOKEN"))

    @Test(arguments: [
        ("/srv/fleet", token, nil, "a repository in a local folder takes no credentials; remove them"),
        (
            "https://example.org/f", nil, agent,
            "an 'https' repository takes a token, not an SSH key; remove 'ssh' or use an 'ssh' address"
        ),
        (
            "git@example.org:f", token, agent,
            "an 'ssh' repository takes a key or an agent, no token and no certificates; remove them"
        ),
        ("git@example.org:f", nil, nil, "an 'ssh' repository needs a key file or an agent; name one in 'ssh'"),
        (
            "https://example.org/f", BasicCredentials(secret: .environment("ghp_abcdefghijklmnopqrstuvwxyz-0")), nil,
            "the text given is not an environment variable's name; name the variable that holds the secret, not the secret"
        ),
        (
            "https://example.org/f", BasicCredentials(secret: .file("token")), nil,
            "the secret's path 'token' is not absolute"
        ),
        (
            "git@example.org:f", nil,
            SSHCredentials(identity: .key(path: "id", passphrase: nil), knownHosts: []),
            "the SSH key's path 'id' is not absolute"
        ),
    ])
    func `credentials must fit the address`(
        url: String, basic: BasicCredentials?, ssh: SSHCredentials?, message: String
    ) {
        #expect(throws: InvalidInput(message)) {
            try RemoteConfiguration(url: url, branch: "main", credentials: basic, ssh: ssh)
        }
    }
}
