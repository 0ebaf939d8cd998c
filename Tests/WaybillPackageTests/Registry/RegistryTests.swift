import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

/// A bundle, and a client of a registry.
struct RegistryFixture {
    let bundle: BundleFixture
    let client: RegistryClient
    let folder: URL

    init(in folder: URL, logins: DockerLogins = DockerLogins()) throws {
        self.folder = folder
        bundle = try BundleFixture(in: folder)
        client = RegistryClient(try HTTPTransport(HTTPSettings()), logins: logins)
    }

    var content: ContentStore { bundle.store.content }
    var push: BundlePush { BundlePush(content: content, client: client) }
    /// Another machine's.
    var elsewhere: ContentStore { ContentStore(root: folder.appending(path: "elsewhere").path) }
    var pull: BundlePull { BundlePull(content: elsewhere, client: client) }

    /// The file that `docker login` writes.
    static func logins(_ host: String, _ user: String, _ password: String, in folder: URL) throws -> DockerLogins {
        let path = folder.appending(path: "config.json")
        let auth = Data("\(user):\(password)".utf8).base64EncodedString()
        let config: Value = ["auths": [host: ["auth": .string(auth)]], "credsStore": "none"]
        try Data(config.json.utf8).write(to: path)
        return try DockerLogins(reading: path.path) ?? DockerLogins()
    }

    /// A statement about `digest`, as signatures and bills of materials are.
    func refer(to digest: Digest, _ text: String) async throws -> Digest {
        let subject = Descriptor(mediaType: ModelPack.manifestType, digest: digest, size: 0)
        let bytes = try #require(try await content.bytes(of: digest))
        let empty = try await content.put(Array("{}".utf8))
        let blob = try await content.put(Array(text.utf8))
        var found = subject
        found.size = Int64(bytes.count)
        let manifest: Value = [
            "schemaVersion": 2, "mediaType": .string(ModelPack.manifestType), "artifactType": "application/x-test",
            "config": Descriptor(mediaType: "application/vnd.oci.empty.v1+json", digest: empty, size: 2).value,
            "layers": [Descriptor(mediaType: "text/plain", digest: blob, size: Int64(text.utf8.count)).value],
            "subject": found.value, "annotations": ["about": "test"],
        ]
        let own = manifest.jsonBytes
        let stored = try await content.put(own)
        try content.changeIndex {
            $0.put(
                referrer: Descriptor(
                    mediaType: ModelPack.manifestType, artifactType: "application/x-test", digest: stored,
                    size: Int64(own.count), annotations: ["about": "test"]))
        }
        return stored
    }
}

@Suite struct `A real registry` {
    @Test func `takes a bundle once and gives it back equal`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try RegistryFixture(in: folder)
            let made = try await fixture.bundle.build(try fixture.bundle.version())
            // And the config.
            let all = made.layers + 1
            try await RegistryServer.with(in: folder) { (registry) async throws in
                let target = try registry.reference("team/churn")
                let first = try await fixture.push.push("churn@1.4.0", to: target)
                #expect(first.reference.description == "\(registry.host)/team/churn:1.4.0@\(made.manifest)")
                #expect((first.sent, first.mounted, first.held) == (all, 0, 0))
                let second = try await fixture.push.push(made.manifest.description, to: target)
                #expect((second.sent, second.mounted, second.held, second.sentSize) == (0, 0, all, 0))
                #expect(try await fixture.client.digest(of: registry.reference("team/churn:1.4.0")) == made.manifest)

                let pulled = try await fixture.pull.pull(try registry.reference("team/churn:1.4.0"))
                #expect((pulled.digest, pulled.name, pulled.layers) == (made.manifest, "churn@1.4.0", made.layers))
                #expect(pulled.fetchedSize > 0)
                let there = try await fixture.elsewhere.bundle("churn@1.4.0")
                #expect(there == (try await fixture.content.bundle("churn@1.4.0")).without(sources: there))
                let report = try await fixture.elsewhere.verify()
                #expect(report.isSound && report.blobs == all + 1)
                let again = try await fixture.pull.pull(try registry.reference("team/churn@\(made.manifest)"))
                #expect((again.fetchedSize, again.name) == (0, "churn@1.4.0"))
            }
        }
    }

    @Test func `gives no more than is allowed, and no faster`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try RegistryFixture(in: folder)
            var version = try fixture.bundle.version()
            version.artifacts.append(try fixture.bundle.store.file("more.bin", String(repeating: "m", count: 100_000)))
            try await fixture.bundle.build(version)
            try await RegistryServer.with(in: folder) { (registry) async throws in
                let reference = try await fixture.push.push(
                    "churn@1.4.0", to: try registry.reference("team/churn")
                ).reference
                let blobs = try await fixture.content.bundle("churn@1.4.0")
                let size = blobs.size + blobs.config.size
                func pull(_ bound: Int64, _ client: RegistryClient) async throws -> BundlePull.Report {
                    try await BundlePull(
                        content: fixture.elsewhere, client: client, bounds: SourceBounds(versionBytes: bound)
                    ).pull(reference)
                }
                await #expect(
                    throws: Failure(
                        .stall, reason: "ArtifactTooLarge",
                        message:
                            "\(reference) has \(size) bytes on other machines, and 'sources.sizeLimit' of waybill.yaml is \(size - 1); "
                            + "raise it if the version is meant")
                ) { _ = try await pull(size - 1, fixture.client) }
                #expect(try await fixture.elsewhere.blobs().isEmpty)

                var settings = HTTPSettings()
                settings.bytesPerSecond = 100_000
                let start = ContinuousClock.now
                let pulled = try await pull(size, RegistryClient(try HTTPTransport(settings), logins: DockerLogins()))
                #expect(pulled.fetchedSize == size)
                #expect(ContinuousClock.now - start >= .milliseconds(900))
            }
        }
    }

    @Test func `mounts what another repository of it has`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try RegistryFixture(in: folder)
            let made = try await fixture.bundle.build(try fixture.bundle.version())
            let all = made.layers + 1
            try await RegistryServer.with(in: folder) { (registry) async throws in
                _ = try await fixture.push.push("churn@1.4.0", to: try registry.reference("team/churn"))
                let second = try await fixture.push.push("churn@1.4.0", to: try registry.reference("other/churn"))
                #expect((second.sent, second.mounted, second.held) == (0, all, 0))
                let named = RegistryFixture.forgetting(fixture)
                let third = try await named.push.push(
                    "churn@1.4.0", to: try registry.reference("third/churn"), mounting: "team/churn")
                #expect((third.sent, third.mounted) == (0, all))
            }
        }
    }

    @Test func `takes what refers to a bundle and lists it`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try RegistryFixture(in: folder)
            let made = try await fixture.bundle.build(try fixture.bundle.version())
            let bill = try await fixture.refer(to: made.manifest, "a bill of materials")
            let signature = try await fixture.refer(to: bill, "a signature of it")
            try await RegistryServer.with(in: folder) { (registry) async throws in
                let target = try registry.reference("team/churn")
                let pushed = try await fixture.push.push("churn@1.4.0", to: target)
                #expect(pushed.referrers == [bill, signature])
                // Pushed twice, listed once.
                _ = try await fixture.push.push("churn@1.4.0", to: target)
                #expect(
                    try await fixture.client.referrers(of: made.manifest, in: target).map(\.digest) == [bill])
                let raw = try await run([
                    "skopeo", "inspect", "--raw", "--tls-verify=false",
                    "docker://\(target.name):sha256-\(made.manifest.hex)",
                ])
                #expect(raw.output.contains(bill.description) && raw.output.contains("application/x-test"))
                let pulled = try await fixture.pull.pull(try registry.reference("team/churn:1.4.0"))
                #expect(Set(pulled.referrers) == [bill, signature])
                #expect(try await fixture.elsewhere.allReferrers(of: made.manifest).map(\.digest) == [bill, signature])
                let collected = try await ContentCollection(fixture.elsewhere, roots: []).run(dryRun: false)
                #expect(collected.isEmpty)
                #expect(try await fixture.elsewhere.allReferrers(of: made.manifest).count == 2)
                // It is one of its model, like those that were built here.
                let strict = ContentCollection(fixture.elsewhere, roots: [], retention: Retention(newest: 0))
                #expect(try await strict.run(dryRun: true).bundles == ["churn@1.4.0"])
            }
        }
    }

    @Test func `and skopeo agree on what was pushed`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try RegistryFixture(in: folder)
            let made = try await fixture.bundle.build(try fixture.bundle.version())
            try await RegistryServer.with(in: folder) { (registry) async throws in
                _ = try await fixture.push.push("churn@1.4.0", to: try registry.reference("team/churn"))
                let copy = folder.appending(path: "copy").path
                let out = try await run([
                    "skopeo", "copy", "--quiet", "--src-tls-verify=false", "docker://\(registry.host)/team/churn:1.4.0",
                    "oci:\(copy):churn",
                ])
                #expect(out.status == 0, "\(out.output)")
                let raw = try await run(["skopeo", "inspect", "--raw", "oci:\(copy):churn"])
                #expect(Digest(of: raw.output.utf8) == made.manifest)

                let pushed = try await run([
                    "skopeo", "copy", "--quiet", "--dest-tls-verify=false",
                    "oci:\(fixture.content.layout.image):churn@1.4.0", "docker://\(registry.host)/by/skopeo:1",
                ])
                #expect(pushed.status == 0, "\(pushed.output)")
                let pulled = try await fixture.pull.pull(try registry.reference("by/skopeo:1"))
                #expect((pulled.digest, pulled.name) == (made.manifest, "churn@1.4.0"))
            }
        }
    }

    @Test func `with passwords lets in who has one`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            try await RegistryServer.with(.basic, in: folder) { (registry) async throws in
                let target = try registry.reference("team/churn")
                let stranger = try RegistryFixture(in: folder)
                let made = try await stranger.bundle.build(try stranger.bundle.version())
                let nobody = await stranger.failure { try await stranger.push.push("churn@1.4.0", to: target) }
                #expect(nobody?.disposition == .stall)
                #expect(
                    nobody?.message
                        == "the registry does not let us pull from \(registry.host)/team/churn; "
                        + "no login is known for \(registry.host): run 'skopeo login "
                        + "\(registry.host)', or add '\(registry.host) basic USER file:/PATH' to 'sources.credentials' of "
                        + "waybill.yaml")
                let wrong = try RegistryFixture(
                    in: folder, logins: try RegistryFixture.logins(registry.host, "waybill", "wrong", in: folder))
                let refused = await wrong.failure { try await wrong.push.push("churn@1.4.0", to: target) }
                #expect(
                    refused?.message
                        == "the registry does not let us pull from \(registry.host)/team/churn; "
                        + "the login that is known for \(registry.host) is not enough: look at "
                        + "its rights and its age")
                let known = try RegistryFixture(
                    in: folder, logins: try RegistryFixture.logins(registry.host, "waybill", "secret", in: folder))
                let pushed = try await known.push.push("churn@1.4.0", to: target)
                #expect(pushed.sent == made.layers + 1)
                #expect(try await known.pull.pull(try registry.reference("team/churn:1.4.0")).digest == pushed.digest)
            }
        }
    }

    @Test func `with tokens lets anybody read and its users write`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            try await TokenServer.with(in: folder) { (tokens) async throws in
                try await RegistryServer.with(.tokens(port: tokens.port, certificate: tokens.certificate), in: folder) {
                    (registry) async throws in
                    let target = try registry.reference("team/churn")
                    let anonymous = try RegistryFixture(in: folder)
                    let made = try await anonymous.bundle.build(try anonymous.bundle.version())
                    let refused = await anonymous.failure { try await anonymous.push.push("churn@1.4.0", to: target) }
                    #expect(refused?.reason == "RegistryUnauthorized")
                    let known = try RegistryFixture(
                        in: folder, logins: try RegistryFixture.logins(registry.host, "waybill", "secret", in: folder))
                    _ = try await known.push.push("churn@1.4.0", to: target)
                    let mounted = try await known.push.push("churn@1.4.0", to: try registry.reference("other/churn"))
                    #expect(mounted.mounted == made.layers + 1)
                    let pulled = try await anonymous.pull.pull(try registry.reference("team/churn:1.4.0"))
                    #expect(pulled.layers == made.layers)
                }
            }
        }
    }
}

extension RegistryFixture {
    /// The same without what it remembers of registries.
    static func forgetting(_ fixture: RegistryFixture) -> RegistryFixture {
        for name in (try? entries(of: fixture.content.layout.places)) ?? [] {
            try? FileManager.default.removeItem(atPath: "\(fixture.content.layout.places)/\(name)")
        }
        return fixture
    }

    func failure(_ body: () async throws -> some Sendable) async -> Failure? {
        do { _ = try await body() } catch { return error as? Failure }
        return nil
    }
}

extension StoredBundle {
    /// The same, its name told as `other` has it: what stands beside a name in an index is no part of a bundle.
    func without(sources other: StoredBundle) -> StoredBundle {
        var copy = self
        copy.descriptor = other.descriptor
        return copy
    }
}
