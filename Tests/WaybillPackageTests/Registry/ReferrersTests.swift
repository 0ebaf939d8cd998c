import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

/// A registry that lists referrers by itself, as OCI distribution 1.1 says: Debian's behind a front that adds the list.
@Suite struct `A registry with a list of referrers` {
    private func withFront(
        _ options: [String] = [],
        _ body: (RegistryFixture, _ bundle: Digest, _ target: ImageReference, ScriptServer) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try RegistryFixture(in: folder)
            let made = try await fixture.bundle.build(try fixture.bundle.version())
            try await RegistryServer.with(in: folder) { (registry) async throws in
                let script = WebFixture.scripts.appending(path: "registry_front.py").path
                try await ScriptServer.with(
                    "/usr/bin/python3", [script, "\(registry.port)"] + options, in: folder
                ) { (front) async throws in
                    let target = try ImageReference(parsing: "127.0.0.1:\(front.port)/team/churn")
                    try await body(fixture, made.manifest, target, front)
                }
            }
        }
    }

    @Test(arguments: [1, 3])
    func `is asked for as many blobs at once as is allowed`(_ most: Int) async throws {
        try await withFront(["--together", "\(most)"]) { (fixture, _, target, front) async throws in
            var tagged = try await fixture.push.push("churn@1.4.0", to: target).reference
            tagged.digest = nil
            let pull = BundlePull(
                content: fixture.elsewhere, client: fixture.client, bounds: SourceBounds(concurrency: most))
            #expect(try await pull.pull(tagged).name == "churn@1.4.0")
            #expect(front.lines.last { $0.hasPrefix("peak") } == "peak \(most)")
        }
    }

    @Test func `is asked, page by page, and gets no tag that lists them`() async throws {
        try await withFront(["--page", "2"]) { (fixture, bundle, target, front) async throws in
            var expected: [Digest] = []
            for number in 1...5 { expected.append(try await fixture.refer(to: bundle, "statement \(number)")) }
            let pushed = try await fixture.push.push("churn@1.4.0", to: target)
            #expect(Set(pushed.referrers) == Set(expected))
            // Neither read nor written.
            #expect(front.lines.filter { $0.contains("/manifests/sha256-") } == [])

            let listed = try await fixture.client.referrers(of: bundle, in: target)
            #expect(Set(listed.map(\.digest)) == Set(expected) && listed.count == 5)
            #expect(
                listed.allSatisfy { $0.artifactType == "application/x-test" && $0.annotations == ["about": "test"] })
            let path = "GET /v2/team/churn/referrers/\(bundle)"
            #expect(front.lines.suffix(3) == [path, "\(path)?from=2", "\(path)?from=4"])

            var tagged = target
            tagged.tag = "1.4.0"
            #expect(Set(try await fixture.pull.pull(tagged).referrers) == Set(expected))
            #expect(try await fixture.elsewhere.attachments(of: bundle).count == 5)
            #expect(front.lines.filter { $0.contains("/manifests/sha256-") } == [])
        }
    }

    @Test(arguments: [[], ["--no-filter"]])
    func `gives those of one kind, whether it filters or not`(_ options: [String]) async throws {
        try await withFront(options + ["--page", "1"]) { (fixture, bundle, target, front) async throws in
            let plain = try await fixture.refer(to: bundle, "a statement")
            let subject = try await fixture.content.bundle("churn@1.4.0").descriptor
            var bills: [Digest] = []
            for number in 1...2 {
                bills.append(
                    try await fixture.content.attach(
                        Array("bill \(number)".utf8), mediaType: "application/vnd.cyclonedx+json",
                        artifactType: "application/vnd.cyclonedx+json", to: subject
                    ).descriptor.digest)
            }
            _ = try await fixture.push.push("churn@1.4.0", to: target)
            func listed(_ type: String?) async throws -> Set<Digest> {
                Set(try await fixture.client.referrers(of: bundle, in: target, type: type).map(\.digest))
            }
            #expect(try await listed("application/vnd.cyclonedx+json") == Set(bills))
            #expect(
                front.lines.contains(
                    "GET /v2/team/churn/referrers/\(bundle)?artifactType=application%2Fvnd.cyclonedx%2Bjson"))
            #expect(try await listed("application/x-other") == [])
            #expect(try await listed(nil) == Set(bills + [plain]))

            var tagged = target
            tagged.tag = "1.4.0"
            let pulled = try await fixture.pull.pull(tagged, referrers: ["application/vnd.cyclonedx+json"])
            #expect(Set(pulled.referrers) == Set(bills))
        }
    }

    @Test func `without one the index under the tag is read, of one kind too`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try RegistryFixture(in: folder)
            let made = try await fixture.bundle.build(try fixture.bundle.version())
            let statement = try await fixture.refer(to: made.manifest, "a statement")
            try await RegistryServer.with(in: folder) { (registry) async throws in
                let target = try registry.reference("team/churn")
                _ = try await fixture.push.push("churn@1.4.0", to: target)
                func listed(_ type: String) async throws -> [Digest] {
                    try await fixture.client.referrers(of: made.manifest, in: target, type: type).map(\.digest)
                }
                #expect(try await listed("application/x-test") == [statement])
                #expect(try await listed("application/x-other") == [])
            }
        }
    }

    @Test func `a list without an end is refused`() async throws {
        try await withTemporaryFolder { (folder) async throws in
            let fixture = try RegistryFixture(in: folder)
            let index = #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#
            try await ScriptedRegistry.with({ request in
                .text(200, index, ["link": "<\(request.target)>; rel=\"next\"", "content-type": ImageIndex.mediaType])
            }) { server in
                let digest = Digest(of: Array("x".utf8))
                let place = try ImageReference(parsing: "\(server.host)/churn")
                let failure = await fixture.failure { try await fixture.client.referrers(of: digest, in: place) }
                #expect(
                    failure
                        == Failure(
                            .stall, reason: "RegistryUnsound",
                            message:
                                "\(server.host)/churn@\(digest): the list of what refers to it has more than 500 pages")
                )
            }
        }
    }
}
