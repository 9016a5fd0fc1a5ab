import { openSearchVersion } from './opensearch-artifacts.ts';
import { type OpenSearchServer, whenAnswering } from './opensearch-server.ts';

const image = `opensearchproject/opensearch:${openSearchVersion}`;

/** Starts OpenSearch in a container; undefined where no container engine can be reached. */
export async function startInDocker(options: {
  readonly port: number;
  readonly onProgress: (line: string) => void;
}): Promise<OpenSearchServer | undefined> {
  // Loaded here, since it takes half a second that a given URL need not pay.
  const { GenericContainer, Wait, getContainerRuntimeClient } = await import('testcontainers');
  const runtime = await getContainerRuntimeClient().catch(() => undefined);
  if (runtime === undefined) return undefined;
  options.onProgress(`starting ${image} in a container`);
  const container = await new GenericContainer(image)
    .withEnvironment({
      'discovery.type': 'single-node',
      DISABLE_SECURITY_PLUGIN: 'true',
      DISABLE_INSTALL_DEMO_CONFIG: 'true',
      OPENSEARCH_JAVA_OPTS: '-Xms512m -Xmx1g',
    })
    .withExposedPorts({ container: 9_200, host: options.port })
    .withWaitStrategy(Wait.forHttp('/', 9_200).forStatusCode(200))
    .withStartupTimeout(180_000)
    .start();
  const url = `http://${container.getHost()}:${options.port}`;
  await whenAnswering(url, () => undefined);
  const handle = runtime.container.getById(container.getId());
  return {
    url,
    how: 'docker',
    stop: async () => {
      await container.stop();
    },
    kill: async () => {
      await handle.kill();
    },
    restart: async () => {
      await container.restart();
      await whenAnswering(url, () => undefined);
    },
  };
}
