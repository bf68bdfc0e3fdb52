import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
var t=["status","logs","pause","resume","restart","rollback","history","drift","reap","clean","unlock","destroy"];export{t as a};
