import Foundation
import Testing
import WaybillCore
import WaybillTestSupport

@testable import WaybillPackage

/// Against MLflow's own server.
@Suite(.serialized) struct `Files in an MLflow registry` {
    /// The server without what only its other commands need.
    private static let lock = """
        alembic==1.20.1
        annotated-doc==0.0.7
        annotated-types==0.8.0
        anyio==4.16.0
        blinker==1.9.0
        cachetools==7.3.3
        certifi==2026.10.19.post1
        cffi==2.1.1
        charset-normalizer==3.5.3
        click==8.5.1
        cloudpickle==3.1.3
        cryptography==50.0.2
        databricks-sdk==0.162.0
        fastapi==0.165.0
        Flask==3.1.3
        flask-cors==6.0.5
        graphene==3.4.3
        graphql-core==3.2.14
        graphql-relay==3.2.0
        idna==3.20
        importlib_metadata==9.1.0
        itsdangerous==2.2.0
        Jinja2==3.1.6
        Mako==1.4.3
        MarkupSafe==3.0.4
        mlflow-skinny==3.17.2
        opentelemetry-api==1.45.2
        opentelemetry-proto==1.45.2
        opentelemetry-sdk==1.45.2
        opentelemetry-semantic-conventions==0.66b2
        packaging==26.4
        protobuf==7.36.2
        pycparser==3.12
        pydantic==2.14.4
        pydantic_core==2.50.5
        python-dateutil==2.9.0.post0
        PyYAML==6.0.4
        requests==2.34.2
        six==1.17.0
        SQLAlchemy==2.1.9
        sqlparse==0.6.1
        starlette==1.10.0
        typing-inspection==0.4.5
        typing_extensions==4.16.0
        urllib3==2.8.0
        Werkzeug==3.1.9
        zipp==4.1.2

        """

    private func withServer(_ body: (ScriptServer, URL) async throws -> Void) async throws {
        let python = try await PythonSuite.environment(lock: Self.lock)
        try await withTemporaryFolder { (folder) async throws in
            let file = folder.appending(path: "model.bin")
            try Data(WebFixture.bytes).write(to: file)
            let arguments = [
                WebFixture.scripts.appending(path: "mlflow_server.py").path, folder.path, file.path,
                "\(python.path)-server.db",
            ]
            try await ScriptServer.with(
                python.appending(path: "bin/python").path, arguments, in: folder, deadline: .seconds(120)
            ) { (server) async throws in try await body(server, folder) }
        }
    }

    private func fetch(_ text: String, _ server: ScriptServer, _ folder: URL) async throws -> Failure? {
        let endpoint = WebAddress(scheme: .http, host: "127.0.0.1", port: server.port)
        let reader = MLflowSource(try HTTPTransport(HTTPSettings()), endpoint: endpoint)
        let artifact = Artifact(
            path: "model.bin", source: .remote(RemoteSource(scheme: .mlflow, text: text)), digest: WebFixture.digest,
            size: Int64(WebFixture.bytes.count))
        let intake = ArtifactIntake(
            content: ContentStore(root: folder.appending(path: "content").path), tree: MemoryTree(),
            readers: SourceReaders([.mlflow: reader]), refusing: [])
        do throws(Failure) {
            _ = try await intake.bring([artifact], of: try VersionID.test, at: try CommitID.test)
        } catch { return error }
        return nil
    }

    @Test func `a file of a version arrives, and an alias is resolved`() async throws {
        try await withServer { (server, folder) async throws in
            let text = "mlflow:models:/churn%20model/1#weights.bin"
            // A part of an earlier try: the server knows no ranges, so it is asked from the beginning.
            let store = ContentStore(root: folder.appending(path: "content").path)
            try store.layout.make()
            try Data(WebFixture.bytes[..<4000]).write(to: URL(filePath: store.layout.partial(WebFixture.digest)))
            #expect(try await fetch(text, server, folder) == nil)
            #expect(try await store.bytes(of: WebFixture.digest) == WebFixture.bytes)

            let pins = MLflowPins(try HTTPTransport(HTTPSettings()))
            let there = "mlflow://127.0.0.1:\(server.port)/models:/churn%20model"
            #expect(try await pins.pinned("\(there)@champion#weights.bin") == "\(there)/1#weights.bin")
            #expect(try await pins.pinned("\(there)/1#weights.bin") == nil)
            let measured = try await pins.measure(RemoteSource(scheme: .mlflow, text: "\(there)/1#weights.bin"))
            #expect(measured == (WebFixture.digest, 10_000))

            for (text, failure) in Self.refusals {
                let found = try await fetch(text, server, folder.appending(path: "other"))
                #expect(found?.disposition == .stall)
                #expect(found?.reason == failure.0)
                #expect(found?.message.replacing("\(server.port)", with: "PORT") == failure.1)
            }
        }
    }

    private static let refusals = [
        (
            "mlflow:models:/churn%20model/9#weights.bin",
            (
                "SourceNotFound",
                "GET http://127.0.0.1:PORT/api/2.0/mlflow/model-versions/get-download-uri?…, mlflow:models:/churn%20model/9#weights.bin: "
                    + "HTTP 404 Not Found; correct the source, put it there, or, if it is private, give this host a credential"
            )
        ),
        (
            "mlflow:models:/churn%20model/2#weights.bin",
            (
                "SourceUnreadable",
                "mlflow:models:/churn%20model/2#weights.bin: the server keeps the version's files at 's3:' and does not give them out itself; "
                    + "name the file by an 's3:' source"
            )
        ),
        (
            "mlflow:models:/churn%20model@champion#weights.bin",
            (
                "SourceUnreadable",
                "'mlflow:models:/churn%20model@champion#weights.bin' follows the alias 'champion', which may be another version tomorrow; run "
                    + "'waybill pin' on this file, which writes the version's number in its place"
            )
        ),
    ]
}
