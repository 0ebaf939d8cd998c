import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

private func source(_ url: String, _ variables: [String: String]) throws -> S3Source {
    var all = variables
    all["AWS_ENDPOINT_URL"] = url
    return S3Source(
        try HTTPTransport(HTTPSettings()), try S3Settings(variables: all),
        now: { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) })
}

private let signed = ["AWS_ACCESS_KEY_ID": ObjectServer.key, "AWS_SECRET_ACCESS_KEY": ObjectServer.secret]

/// The real server, which checks every signature.
@Suite struct `Objects of SeaweedFS` {
    @Test func `objects in parts, versions and odd keys are fetched, a cut one goes on, and refusals are told`()
        async throws
    {
        try await withTemporaryFolder { folder in
            let server = try await ObjectServer(.seaweedfs, in: folder)
            let versions = try await server.python(
                """
                s3.create_bucket(Bucket="models")
                s3.put_bucket_versioning(Bucket="models", VersioningConfiguration={"Status": "Enabled"})
                s3.upload_fileobj(io.BytesIO(b"0123456789abcdef" * (768 << 10)), "models", "m/big.bin",
                    Config=TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20))
                print(s3.put_object(Bucket="models", Key="m/a b+ü.bin", Body=b"one")["VersionId"])
                print(s3.put_object(Bucket="models", Key="m/a b+ü.bin", Body=b"two")["VersionId"])
                """
            ).split(separator: "\n").map(String.init)
            var fixture = try StoreFixture(in: folder)
            fixture.readers = SourceReaders([.s3: try source(server.url, signed)])
            let big = String(repeating: "0123456789abcdef", count: 768 << 10)
            let artifacts = [
                fixture.artifact("big.bin", try ArtifactSource(parsing: "s3://models/m/big.bin"), big),
                fixture.artifact("now.bin", try ArtifactSource(parsing: "s3://models/m/a b+ü.bin"), "two"),
                fixture.artifact(
                    "old.bin", try ArtifactSource(parsing: "s3://models/m/a b+ü.bin?versionId=\(versions[0])"), "one"),
            ]
            // What an earlier try left: the rest is asked for alone.
            try fixture.content.layout.make()
            try Data(big.utf8.prefix(10 << 20)).write(
                to: URL(filePath: fixture.content.layout.partial(artifacts[0].digest)))
            try await fixture.stage(artifacts)
            #expect(try fixture.text(artifacts, "old.bin") == "one" && fixture.text(artifacts, "now.bin") == "two")
            #expect(fixture.partials == [])
            try await measures(artifacts, try source(server.url, signed))
            try await refusals(fixture, server)
        }
    }

    /// What `waybill pin` finds out is what the manifest of a fetched file says.
    private func measures(_ artifacts: [Artifact], _ source: S3Source) async throws {
        for case let artifact in artifacts {
            guard case .remote(let remote) = artifact.source else { continue }
            #expect(try await source.measure(remote) == (artifact.digest, artifact.size))
        }
    }

    private func refusals(_ fixture: StoreFixture, _ server: ObjectServer) async throws {
        let wrong = ["AWS_ACCESS_KEY_ID": ObjectServer.key, "AWS_SECRET_ACCESS_KEY": "wrong"]
        let stranger = ["AWS_ACCESS_KEY_ID": "AKIDNOBODY", "AWS_SECRET_ACCESS_KEY": "wrong"]
        let cases: [([String: String], String, String, String)] = [
            (
                signed, "s3://models/none", "SourceNotFound",
                "the bucket has no such key; correct the source, or put it there"
            ),
            (
                wrong, "s3://models/m/big.bin", "SourceUnauthorized",
                "the secret does not belong to the access key, or the region 'us-east-1' is not the store's"
            ),
            (stranger, "s3://models/m/big.bin", "SourceUnauthorized", "the store does not know the access key"),
            (
                [:], "s3://models/m/big.bin", "SourceForbidden",
                "no credentials were found (environment, ~/.aws/credentials, container), and it is not public"
            ),
        ]
        for (variables, text, reason, words) in cases {
            var fixture = fixture
            fixture.readers = SourceReaders([.s3: try source(server.url, variables)])
            let failure = await fixture.failure(
                of: [fixture.artifact("x", try ArtifactSource(parsing: text), "other \(reason)")])
            #expect(
                failure == Failure(.stall, reason: reason, message: "\(text) at \(server.url): \(words)"), "\(text)")
            #expect(failure?.message.contains("wrong") == false)
        }
    }
}

/// Answers as AWS gives them.
@Suite struct `Objects of moto` {
    @Test func `deleted, missing and archived objects are told apart`() async throws {
        try await withTemporaryFolder { folder in
            let server = try await ObjectServer(.moto, in: folder)
            let version = try await server.python(
                """
                s3.create_bucket(Bucket="models")
                s3.put_bucket_versioning(Bucket="models", VersioningConfiguration={"Status": "Enabled"})
                s3.put_object(Bucket="models", Key="cold", Body=b"cold", StorageClass="GLACIER")
                print(s3.put_object(Bucket="models", Key="a", Body=b"one")["VersionId"])
                s3.delete_object(Bucket="models", Key="a")
                """)
            var fixture = try StoreFixture(in: folder)
            fixture.readers = SourceReaders([.s3: try source(server.url, signed)])
            let kept = fixture.artifact("a", try ArtifactSource(parsing: "s3://models/a?versionId=\(version)"), "one")
            try await fixture.stage([kept])
            let cases = [
                ("s3://models/a", "the bucket has no such key; correct the source, or put it there"),
                (
                    "s3://models/a?versionId=nothing",
                    "the object has no such version, or was deleted with it; name another one"
                ),
                ("s3://elsewhere/a", "there is no such bucket; correct the source"),
                ("s3://models/cold", "the object is archived; restore it first"),
            ]
            for (text, words) in cases {
                let failure = await fixture.failure(
                    of: [fixture.artifact("x", try ArtifactSource(parsing: text), "other")])
                #expect(failure?.message == "\(text) at \(server.url): \(words)")
                #expect(failure?.disposition == .stall)
            }
            let other = await fixture.failure(
                of: [fixture.artifact("x", try ArtifactSource(parsing: "s3://models/a?versionId=\(version)"), "ONE")])
            #expect(other?.reason == "ArtifactMismatch")
            let size = await fixture.failure(
                of: [fixture.artifact("x", try ArtifactSource(parsing: "s3://models/a?versionId=\(version)"), "four")])
            #expect(size?.reason == "ArtifactMismatch")
        }
    }
}

@Suite struct `Credentials of AWS` {
    private func chain(_ variables: [String: String], profile: String? = nil, at time: Int64 = 0) -> AWSCredentialChain
    {
        AWSCredentialChain(variables: variables, profile: profile, now: { Timestamp(milliseconds: time) })
    }

    @Test func `the environment comes before the file, and nothing is no error`() async throws {
        try await withTemporaryFolder { folder in
            let file = folder.appending(path: "credentials").path
            let text = """
                # mine
                [default]
                aws_access_key_id = AKIDFILE
                aws_secret_access_key=file secret
                [team]
                aws_access_key_id=AKIDTEAM
                aws_secret_access_key = team
                aws_session_token = token

                """
            try Data(text.utf8).write(to: URL(filePath: file))
            let named = ["AWS_SHARED_CREDENTIALS_FILE": file]
            #expect(
                try await chain(named).credentials() == AWSCredentials(key: "AKIDFILE", secret: "file secret"))
            #expect(
                try await chain(named, profile: "team").credentials()
                    == AWSCredentials(key: "AKIDTEAM", secret: "team", token: "token"))
            #expect(try await chain(named.merging(signed) { $1 }).credentials()?.key == ObjectServer.key)
            #expect(try await chain(["HOME": folder.path]).credentials() == nil)
            await #expect(
                throws: Failure(
                    .stall, reason: "CredentialMissing",
                    message: "no credentials for S3: '\(file)' has no key and secret for the profile 'other'")
            ) { try await chain(named, profile: "other").credentials() }
            await #expect(
                throws: Failure(
                    .stall, reason: "CredentialMissing",
                    message: "no credentials for S3: AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not")
            ) { try await chain(["AWS_ACCESS_KEY_ID": "x"]).credentials() }
        }
    }

    @Test func `a container's are asked for with its token, kept, and asked for again before they expire`() async throws
    {
        try await withTemporaryFolder { folder in
            let server = try CredentialServer(in: folder)
            let variables = [
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:\(server.port)/role",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": "ticket",
            ]
            let long = chain(variables)
            #expect(
                try await long.credentials() == AWSCredentials(key: "AKID1", secret: "s", token: "t"))
            #expect(try await long.credentials()?.key == "AKID1")
            let late = chain(variables, at: 4_102_444_800_000)
            #expect(try await late.credentials()?.key == "AKID2")
            #expect(try await late.credentials()?.key == "AKID3")
            await #expect(
                throws: Failure(
                    .stall, reason: "CredentialMissing",
                    message:
                        "no credentials for S3: AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor on this machine"
                )
            ) {
                try await chain(["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://elsewhere.example/role"]).credentials()
            }
        }
    }
}

/// Gives other credentials each time.
private final class CredentialServer {
    let port: Int
    private let server: ChildProgram

    init(in folder: URL) throws {
        let program = """
            import http.server, json, os, sys, threading
            count = 0
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    global count
                    count += 1
                    ok = self.headers.get("Authorization") == "ticket"
                    body = json.dumps({"AccessKeyId": f"AKID{count}", "SecretAccessKey": "s", "Token": "t",
                        "Expiration": "2030-01-01T00:00:00Z"}).encode()
                    self.send_response(200 if ok else 403)
                    self.send_header("Content-Length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                def log_message(self, *_): pass
            threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
            server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
            print(server.server_address[1], flush=True)
            server.serve_forever()
            """
        let output = folder.appending(path: "credentials-\(UUID().uuidString).out")
        server = try ChildProgram(
            [PythonSuite.interpreter, "-c", program], input: .open, output: output,
            errors: folder.appending(path: "credentials.errors"))
        port = try #require(Int(try server.firstLine(of: output)))
    }

    deinit { server.end() }
}
