"""LlamaIndex's OpenSearch vector store as a hybrid retriever, over HTTP, for run-opensearch-benchmark.ts.

Both of the store's modes that need no plugin beside k-NN, text search and nearest vectors, fused by LlamaIndex's own
QueryFusionRetriever in the mode "relative_score": min-max at equal weights. Its HYBRID mode needs the neural-search
plugin in the server.

    python llamaindex_server.py URL INDEX CANDIDATES TOP_K
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from llama_index.core import QueryBundle, Settings, VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.llms import MockLLM
from llama_index.core.retrievers import QueryFusionRetriever, VectorIndexRetriever
from llama_index.core.vector_stores import MetadataFilter, MetadataFilters
from llama_index.core.vector_stores.types import VectorStoreQueryMode
from llama_index.vector_stores.opensearch import OpensearchVectorClient, OpensearchVectorStore

URL, INDEX, CANDIDATES, TOP_K = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])


class Given(BaseEmbedding):
    """Never called: the query's vector comes with the request."""

    def _get_query_embedding(self, query):
        raise RuntimeError("a query came without its vector")

    async def _aget_query_embedding(self, query):
        return self._get_query_embedding(query)

    def _get_text_embedding(self, text):
        raise RuntimeError("nothing is embedded here")


Settings.llm = MockLLM()
Settings.embed_model = Given()
METHOD = {
    "name": "hnsw",
    "space_type": "innerproduct",
    "engine": "lucene",
    "parameters": {"ef_construction": 128, "m": 16},
}
client = OpensearchVectorClient(
    URL, INDEX, dim=384, method=METHOD, engine="lucene", excluded_source_fields=["embedding"]
)
index = VectorStoreIndex.from_vector_store(OpensearchVectorStore(client))


def retriever_for(tenant):
    filters = MetadataFilters(filters=[MetadataFilter(key="tenant", value=tenant)])
    legs = [
        VectorIndexRetriever(
            index=index, similarity_top_k=CANDIDATES, vector_store_query_mode=mode, filters=filters
        )
        for mode in (VectorStoreQueryMode.TEXT_SEARCH, VectorStoreQueryMode.DEFAULT)
    ]
    return QueryFusionRetriever(
        legs, similarity_top_k=TOP_K, num_queries=1, mode="relative_score", use_async=False
    )


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def answer(self, reply):
        body = json.dumps(reply).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        spent = os.times()
        self.answer({"cpu": int((spent.user + spent.system) * 1_000_000)})

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        bundle = QueryBundle(query_str=asked["text"], embedding=asked["vector"])
        found = retriever_for(asked["tenantId"])._retrieve(bundle)
        self.answer({"texts": [hit.node.get_content() for hit in found]})


client._ensure_initialized()
server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(json.dumps({"port": server.server_address[1]}), flush=True)
server.serve_forever()
