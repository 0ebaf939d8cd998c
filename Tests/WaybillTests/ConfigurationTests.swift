import Foundation
import Testing
import WaybillCore
import WaybillGit
import WaybillPackage
import WaybillServing
import WaybillTestSupport

@testable import waybill

@Suite struct ConfigurationTests {
    /// Gives fixed values for any file.
    struct FixedFile: ConfigurationFileReading {
        var values: Members
        func read(_ bytes: [UInt8], path: String) throws(ConfigurationProblems) -> ConfigurationFileValues {
            ConfigurationFileValues(values: values)
        }
    }

    private func resolve(
        flags: [String: String] = [:], variables: [String: String] = [:], file: Members? = nil
    ) async throws -> WaybillConfiguration {
        try await withTemporaryFolder { folder in
            let path = folder.appending(path: "waybill.yaml")
            if file != nil { try Data().write(to: path) }
            var resolved = try ConfigurationSources(
                flags: flags, configFlag: nil, variables: variables.merging(["HOME": "/home/ada"]) { own, _ in own },
                workingFolder: folder.path, isRoot: false, reader: FixedFile(values: file ?? [:])
            ).resolve()
            // The folder is another in each run.
            resolved.stateFolder.replace(folder.path, with: "FOLDER")
            resolved.repository.url?.replace(folder.path, with: "FOLDER")
            return resolved
        }
    }

    @Test func `flags go before the environment, and that before the file`() async throws {
        let file: Members = ["state": "/file", "workers": 2, "repository.branch": "release"]
        let variables = ["WAYBILL_STATE": "/variable", "WAYBILL_WORKERS": "3"]
        let resolved = try await resolve(flags: ["state": "/flag"], variables: variables, file: file)
        #expect(resolved.stateFolder == "/flag")
        #expect(resolved.workers == 3)
        #expect(resolved.repository.branch == "release")
        #expect(resolved.repository.pollInterval == .seconds(30))
    }

    @Test func `relative paths are meant from where they are written`() async throws {
        let resolved = try await resolve(file: ["state": ".state", "repository.url": "../fleet"])
        #expect(resolved.stateFolder == "FOLDER/.state")
        #expect(resolved.repository.url == "FOLDER/../fleet")
        #expect(try await resolve(file: ["repository.url": "git@host:fleet"]).repository.url == "git@host:fleet")
    }

    @Test func `an ssh key goes with the file of its passphrase`() async throws {
        let address = try RemoteAddress(parsing: "git@host:fleet")
        let file: Members = ["repository.sshKey": "/key", "repository.sshPassphraseFile": "/passphrase"]
        let identity = try await resolve(file: file).sshCredentials(address)?.identity
        #expect(identity == .key(path: "/key", passphrase: .file("/passphrase")))
        let bare = try await resolve(file: ["repository.sshKey": "/key"]).sshCredentials(address)?.identity
        #expect(bare == .key(path: "/key", passphrase: nil))
    }

    @Test func `every file that a setting names for a secret is kept from replicas`() async throws {
        let file: Members = [
            "repository.tokenFile": "/secrets/git", "repository.sshKey": "/secrets/key",
            "repository.sshPassphraseFile": "/secrets/passphrase", "webhook.secretFile": "/secrets/webhook",
            "repository.caFile": "/etc/ca.pem",
            // Also while no forge is named.
            "forge.tokenFile": "/secrets/forge",
            "sources.credentials": [
                "a.example bearer file:/secrets/a", "b.example basic ada file:/secrets/b",
                "c.example bearer variable:C",
            ],
            "isolation.secretFolders": ["/run/secrets"],
        ]
        let configuration = try await resolve(file: file)
        let all = [
            "/secrets/git", "/secrets/key", "/secrets/passphrase", "/secrets/webhook", "/secrets/forge", "/secrets/a",
            "/secrets/b",
        ]
        #expect(configuration.secretFiles == all)
        try await withTemporaryFolder { folder in
            let settings = try configuration.targetSettings(in: StateFolder(at: folder))
            #expect(settings.hidden.filter { $0.hasPrefix("/secrets/") } == all)
            #expect(settings.secretFolders == ["/run/secrets"])
        }
    }

    @Test func `no setting for a secret's file is forgotten`() {
        let named = ConfigurationField.all.filter(\.namesSecret).map(\.path)
        let sounding = ConfigurationField.all.map(\.path).filter { path in
            ["token", "secret", "passphrase", "sshkey", "password"].contains { path.lowercased().contains($0) }
        }
        // A variable's name and the folders of other people's secrets are not files of ours.
        let others: Set = ["repository.tokenVariable", "isolation.secretFolders"]
        #expect(sounding.filter { !others.contains($0) } == named)
    }

    @Test func `the state folder has a place`() async throws {
        #expect(try await resolve().stateFolder == "/home/ada/.local/state/waybill")
        #expect(try await resolve(variables: ["XDG_STATE_HOME": "/x"]).stateFolder == "/x/waybill")
    }

    @Test(arguments: [
        (
            ["WAYBILL_METRICS_ADRESS": "x"],
            "WAYBILL_METRICS_ADRESS is not a setting; did you mean WAYBILL_METRICS_ADDRESS?"
        ),
        (["WAYBILL_ZZZ": "x"], "WAYBILL_ZZZ is not a setting; 'docs/cli.md' lists them"),
        (
            ["WAYBILL_METRICS_ADDRESS": "9464"],
            "WAYBILL_METRICS_ADDRESS: '9464' is not allowed; expected HOST:PORT, as in '127.0.0.1:8080'"
        ),
        (["WAYBILL_WORKERS": "0"], "WAYBILL_WORKERS: '0' is not allowed; expected a number from 1 to 256"),
        (
            ["WAYBILL_REPOSITORY_POLL_INTERVAL": "1 min"],
            "WAYBILL_REPOSITORY_POLL_INTERVAL: '1 min' is not allowed; expected a time from 1s to 24h, as in '30s' or '5m'"
        ),
        (["WAYBILL_PORTS": "9-1"], "WAYBILL_PORTS: '9-1' is not allowed; expected FIRST-LAST within 1024-65535"),
        (
            ["WAYBILL_GATEWAY_ADDRESS": "0.0.0.0:8080"],
            "gateway.address is 0.0.0.0:8080, which other machines can reach, and the gateway does not ask who calls; "
                + "use a loopback address behind a proxy of your own, or set gateway.insecure"
        ),
        (
            ["WAYBILL_GATEWAY_ADDRESS": "127.0.0.1:9464"],
            "gateway.address and metrics.address are both 127.0.0.1:9464; choose two"
        ),
        (
            ["WAYBILL_PORTS": "8000-9000"],
            "the ports of replicas (8000-9000) contain a port of gateway or metrics"
        ),
        (
            ["WAYBILL_REPOSITORY_TOKEN_FILE": "/a", "WAYBILL_REPOSITORY_TOKEN_VARIABLE": "B"],
            "repository.tokenFile and repository.tokenVariable are both set; keep one of them"
        ),
        (
            ["WAYBILL_REPOSITORY_SSH_PASSPHRASE_FILE": "/a"],
            "repository.sshPassphraseFile is set and repository.sshKey is not; name the key that it opens"
        ),
        (
            ["WAYBILL_SOURCES_CREDENTIALS": "models.example.com s3cret"],
            "sources.credentials: a credential is not one; expected 'HOST bearer file:/PATH', 'HOST bearer variable:NAME', "
                + "'HOST basic USER file:/PATH' or 'HOST basic USER variable:NAME'"
        ),
        (
            ["WAYBILL_SOURCES_HOSTS": "https://a.example"],
            "sources.hosts: 'https://a.example' has no port from 1 to 65535 after its ':'"
        ),
        (
            ["WAYBILL_SOURCES_RATE": "1KiB"],
            "sources.rate is 1024 bytes a second, too few for a transfer to go on; at least 64KiB"
        ),
        (
            ["WAYBILL_SOURCES_MLFLOW": "mlflow.example.com"],
            "sources.mlflow: 'mlflow.example.com' is no address; expected 'https://HOST/PATH'"
        ),
        (
            ["WAYBILL_SOURCES_PROXY": "socks5://p.example:1080"],
            "sources.proxy: only proxies of the form 'http://HOST:PORT' are used; to a source through it TLS is spoken all the same"
        ),
        (
            ["WAYBILL_ISOLATION_SECRET_FOLDERS": "secrets"],
            "isolation.secretFolders: 'secrets' is no absolute path; begin with '/'"
        ),
        (["WAYBILL_CONFIG": "/nowhere/waybill.yaml"], "/nowhere/waybill.yaml: no such configuration file"),
    ])
    func `what cannot be meant is refused`(_ variables: [String: String], _ message: String) async throws {
        await #expect(throws: Failure(.stall, reason: "InvalidConfiguration", message: message)) {
            try await resolve(variables: variables)
        }
    }

    @Test func `every setting has one variable and a standard that it would accept`() throws {
        let fields = ConfigurationField.all
        #expect(Set(fields.map(\.path)).count == fields.count)
        #expect(Set(fields.map(\.environmentVariable)).count == fields.count)
        #expect(fields.contains { $0.environmentVariable == "WAYBILL_REPOSITORY_POLL_INTERVAL" })
        for field in fields {
            guard let standard = field.standard else { continue }
            if case .duration = field.type { continue }
            #expect(try field.type.check(standard) == standard, "\(field.path)")
        }
    }

    @Test func `the usual variables of hubs and registries are for their own hosts, and settings stand before them`()
        async throws
    {
        let variables = [
            "HF_ENDPOINT": "https://hub.example.com", "HF_TOKEN": "hf_1",
            "MLFLOW_TRACKING_URI": "http://127.0.0.1:5000/base",
            "MLFLOW_TRACKING_USERNAME": "ada", "MLFLOW_TRACKING_PASSWORD": "p",
        ]
        let plain = try SourceEndpoints(try await resolve().sources, variables)
        #expect(plain.huggingFace.text == "https://hub.example.com/")
        #expect(plain.mlflow?.text == "http://127.0.0.1:5000/base")
        #expect(
            plain.credentials == [
                HTTPCredential(host: "hub.example.com", port: 443, form: .bearer, place: .variable("HF_TOKEN")),
                HTTPCredential(
                    host: "127.0.0.1", port: 5000, form: .basic(user: "ada"),
                    place: .variable("MLFLOW_TRACKING_PASSWORD")),
            ])
        let settings = try await resolve(file: [
            "sources.huggingFace": "https://other.example.com",
            "sources.credentials": ["other.example.com bearer file:/token"],
        ])
        let set = try SourceEndpoints(settings.sources, ["HF_ENDPOINT": "https://hub.example.com", "HF_TOKEN": "hf_1"])
        #expect(set.huggingFace.text == "https://other.example.com/")
        #expect(set.credentials == [])
        // A folder or a database is no server.
        #expect(try SourceEndpoints(settings.sources, ["MLFLOW_TRACKING_URI": "sqlite:///mlflow.db"]).mlflow == nil)
    }

    @Test(arguments: [
        ("127.0.0.1:80", true), ("localhost:0", true), ("[::1]:8080", true), ("0.0.0.0:1", false),
        ("example.org:1", false),
    ])
    func `addresses`(_ text: String, _ isLoopback: Bool) throws {
        let address = try #require(SocketAddressText(text))
        #expect(address.isLoopback == isLoopback)
        #expect(address.description == text)
    }

    @Test(arguments: ["8080", "::1:80", "host:", "host:65536", ":80", "a b:1", "a/b:1", "[]:1"])
    func `what is no address`(_ text: String) { #expect(SocketAddressText(text) == nil) }
}
