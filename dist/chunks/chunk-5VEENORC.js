import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
var e=["images","services","functions","apis","workers","databases","buckets","tables","topics","caches","pipelines","models"];export{e as a};
