package import Foundation

/// Other people's tools for signatures and attestations: the reference implementation of OpenSSF Model Signing, and the CycloneDX
/// library with its schemas.
package enum SigningPeers {
    package static func python() async throws -> String {
        try await PythonSuite.environment(lock: lock).appending(path: "bin/python").path
    }

    package static func run(_ command: [String], in folder: URL? = nil) async throws -> (status: Int32, output: String)
    {
        try await ChildProgram.run(["/usr/bin/env"] + command, in: folder)
    }

    private static let lock = """
        annotated-types==0.8.0
        arrow==1.4.0
        asn1crypto==1.5.1
        attrs==26.1.0
        blake3==1.0.11
        boolean.py==5.0
        certifi==2026.10.19.post1
        cffi==2.1.1
        charset-normalizer==3.5.3
        click==8.5.1
        cryptography==50.0.2
        cyclonedx-python-lib==11.12.0
        defusedxml==0.7.1
        dnspython==2.9.2
        email-validator==2.4.0
        fqdn==1.6.0
        id==1.6.1
        idna==3.20
        in-toto-attestation==0.9.3
        isoduration==20.11.0
        jsonpointer==3.12
        jsonschema-specifications==2025.9.1
        jsonschema==4.26.0
        lark==1.3.1
        license-expression==30.4.4
        markdown-it-py==4.3.0
        mdurl==0.1.2
        model-signing==1.1.1
        packageurl-python==0.17.6
        platformdirs==4.14.8
        protobuf==7.36.2
        py-serializable==2.2.0
        pycparser==3.12
        pydantic==2.14.4
        pydantic_core==2.50.5
        Pygments==2.21.0
        PyJWT==2.15.1
        pyOpenSSL==26.4.0
        python-dateutil==4.0.0
        referencing==0.37.0
        requests==2.34.2
        rfc3161-client==1.0.9
        rfc3339-validator==0.1.4
        rfc3986-validator==0.1.1
        rfc3987-syntax==1.1.0
        rfc8785==0.1.4
        rich==15.0.0
        rpds-py==2026.9.1
        securesystemslib==1.6.0
        sigstore-models==0.0.6
        sigstore-rekor-types==0.0.18
        sigstore==4.5.1
        six==1.17.0
        sortedcontainers==2.4.0
        tuf==7.0.1
        typing-inspection==0.4.5
        typing_extensions==4.16.0
        tzdata==2026.6
        uri-template==1.3.0
        urllib3==2.8.0
        webcolors==25.10.0

        """
}
