package import Foundation

/// MLflow's own server with a registered model, made by its own client; see `mlflow_server.py`.
package enum MLflowServer {
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

    /// Runs `body` beside a server whose model has the file.
    package static func with<Result>(
        _ file: URL, in folder: URL, _ body: (ScriptServer) async throws -> Result
    ) async throws -> Result {
        let python = try await PythonSuite.environment(lock: lock)
        let arguments = [
            TestServers.scripts.appending(path: "mlflow_server.py").path, folder.path, file.path,
            "\(python.path)-server.db",
        ]
        return try await ScriptServer.with(
            python.appending(path: "bin/python").path, arguments, in: folder, deadline: .seconds(120), body)
    }
}
